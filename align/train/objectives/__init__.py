"""The objectives: encoders and output losses of window models, GloVe, senses, classifiers and language models."""
