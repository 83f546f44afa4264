"""What real providers refuse beyond the shape of a request, each rule with its public source."""
