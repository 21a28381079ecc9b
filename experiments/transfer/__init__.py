"""Transfer: pretrained rows frozen or not, labels of one language for texts of another, and attention over words."""
