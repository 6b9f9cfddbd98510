"""The diagnosis behind `demi doctor`: facts are gathered first, then judged."""
