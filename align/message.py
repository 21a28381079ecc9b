"""Text for the terminal: an error in one line, a number of bytes."""


def one_line(error: BaseException) -> str:
    """What went wrong, on one line: the message of an error without its quotes, its newlines, its error number."""
    if isinstance(error, KeyError) and error.args:
        text = str(error.args[0])
    elif isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{error.filename}: "
        text = f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"
    else:
        text = str(error)
    return " ".join(text.split()) or type(error).__name__


def size_text(count: int) -> str:
    """Returns a number of bytes in kB below 0.1 MB and in MB above, with one digit after the point in MB.

    Example:
        >>> size_text(1_234_567), size_text(45_600), size_text(120)
        ('1.2 MB', '46 kB', '0.1 kB')
    """
    if count >= 1e5:
        return f"{count / 1e6:,.1f} MB"
    return f"{count / 1e3:.0f} kB" if count >= 1e3 else f"{count / 1e3:.1f} kB"
