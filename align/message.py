"""What went wrong, said in one line."""


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
