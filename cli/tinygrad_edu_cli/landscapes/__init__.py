"""What `landscape` does once its options are read: trails, the loss around them, and the faces that show both."""
