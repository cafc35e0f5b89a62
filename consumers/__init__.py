"""What reads the topics: learners, scoreboard, audit."""
