import pytest


@pytest.fixture
def figure():
    return lambda name, **k: print(f"{name:60} {k}")
