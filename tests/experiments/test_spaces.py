from experiments import spaces
from experiments.options import SpaceOptions


def test_the_chinese_space_is_simplified(files):
    options = SpaceOptions(str(files / "en.vec"), str(files / "zh.vec"), out=files / "new" / "out")
    context = spaces.open_context(options)
    assert list(context.chinese.vocab) == ["国王", "王后", "男人"]
    assert context.english.name == "en.vec"
    assert context.out.is_dir()
