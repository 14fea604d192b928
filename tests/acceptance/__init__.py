"""The main job whole: one message, the workflow, the functions, the local cloud, the proof."""
