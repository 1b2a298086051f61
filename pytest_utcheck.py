"""The option `--utcheck` of pytest.

This module stands outside the package, because pytest imports it in every run, whatever is tested:
importing anything below `utcheck` would import all of it. The plugin is `utcheck.pytest_plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.getgroup("utcheck").addoption(
        "--utcheck",
        action="store_true",
        help="collect the specs (*.yaml, *.yml) too: each property of each case is a test",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin where it is asked for."""
    if config.getoption("utcheck"):
        from utcheck import pytest_plugin

        config.pluginmanager.register(pytest_plugin, "utcheck.pytest_plugin")
