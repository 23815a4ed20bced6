"""An example to look around in: a small study whose photos are rendered, nobody's among them."""

from cutis.web.example.study import Made, make_example

__all__ = ["Made", "make_example"]
