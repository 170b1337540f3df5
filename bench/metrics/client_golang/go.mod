module bench

go 1.21

require (
	github.com/prometheus/client_golang v1.20.5
	github.com/prometheus/common v0.55.0
)
