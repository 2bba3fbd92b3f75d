"""Plugins of the suite."""

import pytest

import fixtures

pytest_plugins = ["pytester", "statements"]


def pytest_configure(config: pytest.Config) -> None:
    """By name it would be pytest's own plugin of this name that is meant."""
    config.pluginmanager.register(fixtures, "appointed fixtures")
