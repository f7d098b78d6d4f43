"""``python -m cvlib.grading`` is ``cvlib-grade``."""

from cvlib.grading.commands.grade import main

if __name__ == "__main__":
    main()
