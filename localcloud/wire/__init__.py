"""The wire: HTTP in and out, Google's error words, and what the discovery documents say of a call."""
