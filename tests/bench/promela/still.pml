/* One state, in which nothing can happen: what a verifier needs in any case. */
active [N] proctype p() { false }
