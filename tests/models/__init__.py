"""Small models of the outside that several tests share."""
