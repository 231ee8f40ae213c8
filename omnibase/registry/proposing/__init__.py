"""A first registry for a repository: what is found -> what is proposed -> the text of `registry.yaml`."""
