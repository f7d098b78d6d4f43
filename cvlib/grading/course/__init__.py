"""The course's folder on disk: what is released, what is handed in, what is due."""

from cvlib.grading.course.course import Course, CourseError, configure

__all__ = ["Course", "CourseError", "configure"]
