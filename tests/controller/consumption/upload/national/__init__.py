"""The national protocol: frames, documents, session, and the sink against a centre of another origin."""
