# Sourced by the scripts beside it: runs one named step and says how long it took.

step() {
    local name=$1 started=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@" || {
        local status=$?
        printf '== %s: FAILED after %d s\n' "$name" $((SECONDS - started)) >&2
        exit "$status"
    }
    printf '== %s: %d s\n' "$name" $((SECONDS - started))
}
