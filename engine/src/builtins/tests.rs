//! Every function is called, and its example holds.
