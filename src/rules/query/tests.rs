//! What each query means, and what each mistake is told.

use proptest::prelude::*;

use super::*;
