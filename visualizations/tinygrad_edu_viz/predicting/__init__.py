"""What a learner is asked, which mistake an answer shows, and why the order of a backward pass matters."""
