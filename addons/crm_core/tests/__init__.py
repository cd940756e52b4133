from . import test_intake, test_job, test_pipeline, test_privacy, test_quote, test_security, test_tools, test_ui
