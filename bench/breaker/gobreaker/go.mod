module bench

go 1.21

require github.com/sony/gobreaker/v2 v2.1.0
