//! What is shown: from the view's rows to the public bodies. The one place where `pending`, deadlines and wait ranges are made.
