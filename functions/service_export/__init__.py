"""Services, exports and the sample app in every cluster."""
