"""The taste task: which product does a shopper touch next."""
