"""CustomResourceDefinitions as data; each file names its source. Read by `catalog`."""
