"""The learning itself: features, tasks, online models, evaluation, and the fold that joins them.

Pure throughout. No socket, file, clock, environment or global random state: everything comes in as an argument.
"""
