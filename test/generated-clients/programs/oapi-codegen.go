package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"

	"example.com/fleet/client"
)

func main() {
	url, agentID := os.Args[1], os.Args[2]
	ctx := context.Background()
	api, err := client.NewClientWithResponses(url)
	check(err)
	// As encoding/json decodes it: numbers are float64.
	metadata := map[string]any{"region": "eu-1", "gpu": map[string]any{"count": 2.0}}

	registered, err := api.RegisterAgentWithResponse(ctx, client.Registration{
		AgentId:   agentID,
		AgentName: "Researcher",
		Host:      "10.0.0.7",
		Port:      8000,
		Metadata:  metadata,
	})
	check(err)
	expect(registered.JSON200.Metadata, any(metadata))
	fmt.Println("register")

	status, load := client.HeartbeatReportStatusBusy, 0.5
	beat, err := api.HeartbeatWithResponse(ctx, agentID, client.HeartbeatReport{Status: &status, Load: &load})
	check(err)
	expect(beat.StatusCode(), 200)
	beat, err = api.HeartbeatWithBodyWithResponse(ctx, agentID, "application/json", http.NoBody)
	check(err)
	expect(beat.StatusCode(), 200)
	fmt.Println("heartbeat")

	inRegion := func(region string) []client.Agent {
		conditions := []string{"region:" + region}
		agents, err := api.ListAgentsWithResponse(ctx, &client.ListAgentsParams{Metadata: &conditions})
		check(err)
		return *agents.JSON200
	}
	expect(len(inRegion("eu-1")), 1)
	expect(inRegion("eu-1")[0].AgentId, agentID)
	expect(len(inRegion("us-1")), 0)
	listed, err := api.ListAgentsWithResponse(ctx, nil)
	check(err)
	all := *listed.JSON200
	// Two others exist, without metadata and with a string.
	expect([]any{all[0].Metadata, all[1].Metadata, all[2].Metadata}, []any{nil, metadata, `{"a":1}`})
	fmt.Println("list")

	agent, err := api.GetAgentWithResponse(ctx, agentID, nil)
	check(err)
	expect(agent.JSON200.Metadata, any(metadata))
	expect(string(agent.JSON200.Status), "busy")
	expect(*agent.JSON200.Load, 0.5)
	fmt.Println("get")

	limit, conditions := 10, []string{"region:eu-1"}
	events, err := api.ListEventsWithResponse(ctx, &client.ListEventsParams{Metadata: &conditions, Limit: &limit})
	check(err)
	expect(len(*events.JSON200), 2)
	expect(string((*events.JSON200)[0].Type), "registered")
	expect((*events.JSON200)[0].Agent.Metadata, any(metadata))
	fmt.Println("events page")

	deleted, err := api.DeregisterAgentWithResponse(ctx, agentID)
	check(err)
	expect(deleted.StatusCode(), 200)
	gone, err := api.GetAgentWithResponse(ctx, agentID, nil)
	check(err)
	expect(gone.StatusCode(), 404)
	fmt.Println("delete")
	fmt.Println("ok")
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect[T any](actual, expected T) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("%v is not %v", actual, expected))
	}
}
