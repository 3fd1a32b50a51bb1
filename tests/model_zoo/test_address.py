"""The grammar of unit addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_zoo.address import UnitAddress
from model_zoo.errors import InputError

pytestmark = pytest.mark.unit

positions = st.none() | st.tuples(*[st.integers(0, 999) | st.just("c")] * 2)
names = st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True)


@given(model=names, layer=names, channel=st.integers(0, 10**9 - 1), position=positions)
def test_parse_inverts_str(model: str, layer: str, channel: int, position: tuple[int, int] | None):
    address = UnitAddress(model, layer, channel, *(position or (None, None)))

    assert UnitAddress.parse(str(address)) == address


def test_str_is_canonical():
    assert str(UnitAddress.parse("m.w/_blocks.10:005@c,07")) == "m.w/_blocks.10:5@c,7"


@pytest.mark.parametrize(
    "text",
    ["", "abc", "m/l", "m/l:", "m/l:x", "m/l:-1", "m/l:1@2", "m/l:1@2,", "m/l:1@d,d", "m/l:1 ", "m/l:1\n", "a/b/c:1", "m/l:٣",
     "m/l:" + "9" * 5000],
)  # fmt: skip
def test_parse_refuses_what_is_no_address(text: str):
    with pytest.raises(InputError) as raised:
        UnitAddress.parse(text)

    assert raised.value.field == "unit"
