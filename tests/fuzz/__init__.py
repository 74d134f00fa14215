"""Every decoder of bytes that come from outside, fed with what nobody should send."""
