import pytest

from clarity.domain.pat.runtime import Precision, Runtime


def test_a_runtime_has_one_text_that_no_other_has():
    right = Runtime(
        engine="torch-2.13.0+cpu", device="cuda:0", precision=Precision.BFLOAT16, group=4
    )

    assert str(right) == "torch-2.13.0+cpu cuda:0 bfloat16 4"
    assert str(Runtime(engine="a", device="cpu")) == "a cpu float32 1"


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x" * 65, "a\n"])
def test_names_of_a_runtime_are_plain(name: str):
    with pytest.raises(ValueError, match="engine of a runtime"):
        Runtime(engine=name, device="cpu")
    with pytest.raises(ValueError, match="device of a runtime"):
        Runtime(engine="onnx", device=name)


def test_a_group_has_at_least_one_sample():
    with pytest.raises(ValueError, match="group"):
        Runtime(engine="onnx", device="cpu", group=0)
