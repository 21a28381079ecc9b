"""The objectives: encoders and output losses of window models, and GloVe."""
