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
	configuration := client.NewConfiguration()
	configuration.Servers = client.ServerConfigurations{{URL: url}}
	api := client.NewAPIClient(configuration)
	// As encoding/json decodes it: numbers are float64.
	metadata := map[string]any{"region": "eu-1", "gpu": map[string]any{"count": 2.0}}

	registration := client.NewRegistration(agentID, "Researcher", "10.0.0.7", 8000)
	registration.SetMetadata(metadata)
	registered, _, err := api.AgentsAPI.RegisterAgent(ctx).Registration(*registration).Execute()
	check(err)
	expect(registered.GetMetadata(), any(metadata))
	fmt.Println("register")

	report := client.NewHeartbeatReport()
	report.SetStatus("busy")
	report.SetLoad(0.5)
	_, _, err = api.AgentsAPI.Heartbeat(ctx, agentID).HeartbeatReport(*report).Execute()
	check(err)
	_, _, err = api.AgentsAPI.Heartbeat(ctx, agentID).Execute()
	check(err)
	fmt.Println("heartbeat")

	inRegion := func(region string) []client.Agent {
		agents, _, err := api.DiscoveryAPI.ListAgents(ctx).Metadata([]string{"region:" + region}).Execute()
		check(err)
		return agents
	}
	expect(len(inRegion("eu-1")), 1)
	expect(inRegion("eu-1")[0].AgentId, agentID)
	expect(len(inRegion("us-1")), 0)
	all, _, err := api.DiscoveryAPI.ListAgents(ctx).Execute()
	check(err)
	// Two others exist, without metadata and with a string.
	expect([]any{all[0].GetMetadata(), all[1].GetMetadata(), all[2].GetMetadata()}, []any{nil, metadata, `{"a":1}`})
	fmt.Println("list")

	agent, _, err := api.AgentsAPI.GetAgent(ctx, agentID).Execute()
	check(err)
	expect(agent.GetMetadata(), any(metadata))
	expect(agent.Status, "busy")
	expect(agent.GetLoad(), 0.5)
	fmt.Println("get")

	events, _, err := api.DiscoveryAPI.ListEvents(ctx).Metadata([]string{"region:eu-1"}).Limit(10).Execute()
	check(err)
	expect(len(events), 2)
	expect(events[0].Type, "registered")
	expect(events[0].Agent.GetMetadata(), any(metadata))
	fmt.Println("events page")

	_, _, err = api.AgentsAPI.DeregisterAgent(ctx, agentID).Execute()
	check(err)
	_, gone, err := api.AgentsAPI.GetAgent(ctx, agentID).Execute()
	expect(err != nil, true)
	expect(gone.StatusCode, http.StatusNotFound)
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
