"""The instructor's tools around grading: nothing here can change a score."""
