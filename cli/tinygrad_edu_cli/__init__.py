"""The command line of tinygrad-edu."""
