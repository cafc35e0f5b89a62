"""What users write about products: a generative grammar with a latent mood, and its exact posterior."""

from producers.simulator.reviews.grammar import HAPPY_STARS, Review, write_review

__all__ = ["HAPPY_STARS", "Review", "write_review"]
