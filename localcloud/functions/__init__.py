"""Cloud Run functions: instances are processes, served by functions-framework and called with CloudEvents."""
