# SPDX-License-Identifier: MIT
# Completion of ape for bash.
_ape() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="query complete sanitize exec golden predictions data config doctor version help"
    case "$before" in
    --data) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --as-of | --provider | --system | --profile | --rules | --explain) return ;;
    --allow-imports | --tickers | --start | --end) return ;;
    --division) mapfile -t COMPREPLY < <(compgen -W "honest sketch off" -- "$word"); return ;;
    --history) mapfile -t COMPREPLY < <(compgen -W "typed sketch off" -- "$word"); return ;;
    --wall-ms | --memory-mb | --min-accuracy | --from | --to | --today) return ;;
    --start | --end | --source | --ticker | --format) return ;;
    --actions | --metrics) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --limit | --cursor | --count | --days | --within) return ;;
    --outcome) mapfile -t COMPREPLY < <(compgen -W "HIT NEAR MISS PENDING" -- "$word"); return ;;
    esac
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
        return
    fi
    case "${COMP_WORDS[1]}" in
    query) mapfile -t COMPREPLY < <(compgen -W "--as-of --data --provider --keep --verbose --json --help" -- "$word") ;;
    complete) mapfile -t COMPREPLY < <(compgen -W "--system --provider --json --help" -- "$word") ;;
    sanitize) mapfile -t COMPREPLY < <(compgen -W "--profile --unsafe --rules --allow-imports --division --history --explain --as-of --tickers --start --end --json --help" -- "$word") ;;
    exec) mapfile -t COMPREPLY < <(compgen -f -W "--as-of --data --wall-ms --memory-mb --json --help" -- "$word") ;;
    golden) mapfile -t COMPREPLY < <(compgen -f -W "--min-accuracy --metrics --provider --rules --data --help" -- "$word") ;;
    predictions)
        local actions="list history latest corridor track-record check-actuals backtest"
        mapfile -t COMPREPLY < <(compgen -W "$actions --outcome --from --to --limit --cursor --today --count --days --within --data --json --help" -- "$word")
        ;;
    data) mapfile -t COMPREPLY < <(compgen -f -W "list fetch import --data --start --end --source --refresh --ticker --format --actions --replace --json --help" -- "$word") ;;
    config) mapfile -t COMPREPLY < <(compgen -W "check show --json --help" -- "$word") ;;
    doctor) mapfile -t COMPREPLY < <(compgen -W "--json --help" -- "$word") ;;
    version) mapfile -t COMPREPLY < <(compgen -W "--help" -- "$word") ;;
    help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word") ;;
    esac
}
complete -F _ape ape
