"""/v1/operations, all of it: a stack has 500 resources, a function takes six of them, and nobody waits for these."""

from shared.api.app import lambda_handler
from shared.operations.routes import router

handler = lambda_handler(router)
