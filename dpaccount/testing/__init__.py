"""What tests of privacy code can draw from: `dpaccount.testing.strategies` (needs hypothesis)."""
