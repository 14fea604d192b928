"""Google's APIs as the steps use them: one module a service, one session under all of them, no waiting."""
