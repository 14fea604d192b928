"""A local Google Cloud: the APIs, the controllers behind them, and time.

It is Google's side of the wire. It knows nothing of what runs on it: programs reach it by endpoints and
credentials alone, and functions are loaded only through functions-framework, as the cloud does.
"""
