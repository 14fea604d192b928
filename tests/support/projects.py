"""The projects of tests, named once."""

from __future__ import annotations

PROJECT = "shop-prod"  # that environments go to
CLOUD_PROJECT = "shop"  # in which the local cloud's own services are tested
TOOLS_PROJECT = "shop-tools"  # Fleetgate's own, as the pages of docs/ have it
