"""What must be true of a lesson; each rule gives the faults that it finds, a line for each."""
