"""Before the class comes: the doctor, the sample class, margins."""
