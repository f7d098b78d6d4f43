"""The instructor's room: specifications of exercises, the sandbox, the judge and the gradebook."""
