"""The common package of Hercules' Lambda functions; each function ships only the modules that it reaches."""
