"""Attendance (chấm công): from taps at doors and kiosks to the monthly sheet of a unit."""
