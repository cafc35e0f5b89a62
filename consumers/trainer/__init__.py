"""The life of batch models without people: they are trained, run as shadows, and promoted or retired."""
