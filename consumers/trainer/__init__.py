"""A batch model's life, looked after: trained, put on trial beside the stream, promoted or retired."""
